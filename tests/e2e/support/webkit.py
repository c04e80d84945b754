"""WebKitGTK by its own driver, on a screen that nobody sees: as much of it as a live session needs. No WebRTC."""

import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver import WebKitGTK, WebKitGTKOptions, WebKitGTKService
from selenium.webdriver.common.by import By

from tests.support.server_process import wait_until

_DRIVER, _SCREEN = "WebKitWebDriver", "Xvfb"


def missing() -> str:
    """Why WebKitGTK cannot be driven here; '' where it can."""
    absent = [program for program in (_DRIVER, _SCREEN) if not shutil.which(program)]
    if not (absent or _browser()):
        absent = ["MiniBrowser"]
    return f"{absent[0]} is not here (on Debian: apt-get install webkit2gtk-driver xvfb)" if absent else ""


def _browser() -> Path | None:
    return next(iter(sorted(Path("/usr").glob("lib*/**/webkit2gtk-4*/MiniBrowser"))), None)


@contextmanager
def _screen(folder: Path) -> Iterator[str]:
    """An X display of its own; its name."""
    reads, writes = os.pipe()
    command = [_SCREEN, "-displayfd", str(writes), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    with (folder / "screen.log").open("wb") as log, os.fdopen(reads) as said:
        process = subprocess.Popen(command, stdout=log, stderr=log, pass_fds=[writes])
        os.close(writes)
        try:
            yield f":{said.readline().strip()}"
        finally:
            process.terminate()
            process.wait(20)


class WebKit:
    """One browser with a home of its own, where its downloads go, showing one page."""

    def __init__(self, driver: WebKitGTK, home: Path) -> None:
        self._driver, self.downloads = driver, home

    def goto(self, url: str) -> None:
        self._driver.get(url)

    def look(self, expression: str) -> Any:
        """What a JavaScript expression is in the page."""
        return self._driver.execute_script(f"return {expression}")

    def wait_for(self, condition: str, seconds: float = 60) -> None:
        """Until a JavaScript expression is true."""
        wait_until(lambda: self.look(f"Boolean({condition})"), seconds, f"in WebKit this never came: {condition}")

    def choose(self, test_id: str, *files: Path) -> None:
        element = self._driver.find_element(By.CSS_SELECTOR, f"[data-testid={test_id}]")
        element.send_keys("\n".join(map(str, files)))

    def press(self, test_id: str) -> None:
        """Click a button, once it can be seen."""
        button = f"document.querySelector('[data-testid={test_id}]')"
        self.wait_for(f"{button}?.checkVisibility() && !{button}.disabled")
        self.look(f"{button}.click()")


@contextmanager
def webkit(folder: Path) -> Iterator[WebKit]:
    """A WebKitGTK that was started for somebody, and ends with it."""
    home = folder / "home"
    home.mkdir()
    options = WebKitGTKOptions()
    options.binary_location = str(_browser())
    options.add_argument("--automation")
    with _screen(folder) as display:
        environ = {**os.environ, "HOME": str(home), "DISPLAY": display, "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1"}
        service = WebKitGTKService(shutil.which(_DRIVER), log_path=str(folder / "driver.log"), env=environ)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # selenium 4.51 warns of its own way to its drivers
            driver = WebKitGTK(options, service)
        try:
            yield WebKit(driver, home)
        finally:
            driver.quit()
