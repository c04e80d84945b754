"""Looks at a page as different people meet it: axe-core's rules, light and dark, desktop and phone, thumbs."""

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

_AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_PHONE, _DESK = (360, 740), (1280, 800)
# Buttons, boxes and links that stand alone; links inside a sentence and what only a keyboard reaches may be smaller.
_SMALL_TARGETS = """() => {
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
  const name = (element) => `${element.tagName} ${element.textContent.trim() || element.id}`
  return [...document.querySelectorAll('a, button, input, select, summary, label.button')].flatMap((element) => {
    // A box inside its label is as large as the label.
    const { width, height } = (element.closest('label') ?? element).getBoundingClientRect()
    if (!shown(element) || element.matches('.skip')) return []
    const least = element.matches('p:not(.actions, .total) a') ? 24 : 44
    return width < least || height < least ? [`${name(element)}: ${width} x ${height}`] : []
  })
}"""
_OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@cache
def _axe() -> str:
    assert _AXE.exists(), "axe-core is not installed. Run: npm install --prefix tests"
    return _AXE.read_text()


def audit(page: Page) -> None:
    """Fails with everything that is wrong with the page in its present state, in all four looks."""
    faults: list[str] = []
    page.evaluate(_axe())
    before = page.viewport_size
    for width, height in (_PHONE, _DESK):
        page.set_viewport_size({"width": width, "height": height})
        if width == _PHONE[0]:
            faults += _thumbs(page)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            faults += [f"{scheme}, {width} px: {fault}" for fault in _violations(page)]
    page.emulate_media(color_scheme="light")
    if before:
        page.set_viewport_size(before)
    assert faults == [], "\n".join(faults)


def _thumbs(page: Page) -> list[str]:
    overflow = page.evaluate(_OVERFLOW)
    small: list[str] = page.evaluate(_SMALL_TARGETS)
    return [*small, *([f"scrolls sideways by {overflow} px"] if overflow > 0 else [])]


def _violations(page: Page) -> list[str]:
    report = page.evaluate("() => axe.run({ resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {node['failureSummary']} {node['html'][:200]}"
        for violation in report["violations"]
        for node in violation["nodes"]
    ]
