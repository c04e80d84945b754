"""The front door: what pages cost a phone that comes for the first time, and how soon they work on a slow line."""

from collections import defaultdict
from collections.abc import Iterator
from statistics import median

from benchmarks import people, servers
from benchmarks.aged import aged
from benchmarks.people import Person
from benchmarks.phone import PhoneLine, Visit, phone
from benchmarks.place import source, wait_for_quiet
from benchmarks.rounds import Goal, Limits, goal_table, table
from packetpost.settings import MIB

_KBIT = 1000 / 8
_SLOW, _FAIR = PhoneLine("400 ms · 400 kbit/s", 400, 400 * _KBIT), PhoneLine("150 ms · 1.6 Mbit/s", 150, 1600 * _KBIT)
_HOME, _LINK, _PLAIN, _LIVE = "home", "link", "link, not end-to-end encrypted", "live, receiver"
# What is on a page when it works: the picker's island has taken over, a file can be downloaded, the offer has come.
_WORKS = {
    _HOME: "form[data-picker][data-live]",
    _LINK: "[data-testid=download]",
    _PLAIN: "[data-testid=download]",
    _LIVE: "[data-accept]:not([disabled])",
}
_GOALS = {(_HOME, _SLOW): 2.6, (_HOME, _FAIR): 0.9, (_LIVE, _SLOW): 6.0, (_LIVE, _FAIR): 2.0}
_MOST_REQUESTS, _MOST_SIZE, _MOST_SHIFT = 10, 75_000, 0.02
_MOST_WARM, _MOST_BARE_SIZE = 3, 12_000
_ROUNDS = 5
_FILE = MIB
_AGE = 300 * 86_400

Visits = dict[tuple[str, str], list[Visit]]


def measure(limits: Limits) -> Iterator[str]:
    """Paragraphs of markdown: what each page costs, how soon it works, and the goals."""
    if reason := people.reason_against():
        yield f"Left out: {reason}"
        return
    visits: Visits = defaultdict(list)
    with servers.packet_post(limits.size, PACKETPOST_ICE_SERVERS="[]") as host, people.two() as (sender, receiver):
        for _ in limits.counted(_ROUNDS):
            _one_round(host, sender, receiver, visits)
    yield _costs(visits)
    yield _returns(visits)
    yield goal_table(_goals(visits))


def _one_round(host: servers.Host, sender: Person, receiver: Person, visits: Visits) -> None:
    file, url = source(_FILE), host.url.replace("127.0.0.1", "localhost")
    with sender.page() as sending:
        links = {_LINK: people.upload(sending, url, file), _PLAIN: people.upload(sending, url, file, plain=True)}
    for line in (_SLOW, _FAIR):
        for name, address in {_HOME: url, **links}.items():
            visits[name, line.name].append(_first_visit(receiver, name, address, line))
        with sender.page() as sending:
            address = people.offer(sending, url, file)
            visits[_LIVE, line.name].append(_first_visit(receiver, _LIVE, address, line))
    with aged(host.port, _AGE) as old_url:
        for name, address in {_HOME: old_url, **links}.items():
            with phone(receiver.browser) as one:
                address = address.replace(url, old_url)
                one.open(address, _WORKS[name])
                visits[name, "again"].append(one.open(address, _WORKS[name]))
    for name, address in links.items():
        with phone(receiver.browser, javascript=False) as one:
            visits[name, "bare"].append(one.load(address))


def _first_visit(receiver: Person, name: str, address: str, line: PhoneLine) -> Visit:
    wait_for_quiet()
    with phone(receiver.browser) as one:
        return one.open(address, _WORKS[name], line, streams=name == _LIVE)


def _costs(visits: Visits) -> str:
    rows = []
    for name in _WORKS:
        slow, fair = visits[name, _SLOW.name], visits[name, _FAIR.name]
        figures = [f"{_requests(slow):.0f}", f"{_kilobytes(slow):.1f}", *map(_seconds, (slow, fair))]
        rows.append([name, *figures, f"{_shift([*slow, *fair]):.3f}", str(len(slow))])
    heads = ["requests", "kB", f"works after, {_SLOW.name}", f"works after, {_FAIR.name}", "largest shift", "rounds"]
    return table(["first visit, empty cache", *heads], rows)


def _returns(visits: Visits) -> str:
    rows = [
        [name, *(_requests_and_size(visits[name, kind]) for kind in ("again", "bare"))]
        for name in (_HOME, _LINK, _PLAIN)
    ]
    heads = [f"again, with a cache {_AGE // 86_400} days old: requests · kB", "without JavaScript: requests · kB"]
    return table(["later visits", *heads], rows)


def _requests_and_size(some: list[Visit]) -> str:
    return f"{_requests(some):.0f} · {_kilobytes(some):.1f}" if some else "–"


def _goals(visits: Visits) -> Iterator[Goal]:
    for name in (_HOME, _LINK, _LIVE):
        first = visits[name, _SLOW.name]
        for what, found, most in (
            ("requests", _requests(first), _MOST_REQUESTS),
            ("kB", _kilobytes(first), _MOST_SIZE / 1000),
        ):
            yield Goal(f"{name}: at most {most:g} {what}", f"{found:.1f}".removesuffix(".0"), found <= most)
    for (name, line), most in _GOALS.items():
        works = "picker works" if name == _HOME else "“Save the files” is there"
        found = median(visit.seconds for visit in visits[name, line.name])
        yield Goal(f"{line.name}: {works} within {most:g} s", f"{found:.2f} s", found <= most)
    shift = _shift([visit for some in visits.values() for visit in some])
    yield Goal(f"layout shift of every visit at most {_MOST_SHIFT:g}", f"{shift:.3f}", shift <= _MOST_SHIFT)
    again = max(_requests(visits[name, "again"]) for name in (_HOME, _LINK, _PLAIN))
    yield Goal(f"old cache: at most {_MOST_WARM} requests", f"{again:.0f}", again <= _MOST_WARM)
    bare = max(_kilobytes(visits[name, "bare"]) for name in (_LINK, _PLAIN))
    promise = f"link page without JavaScript: at most {_MOST_BARE_SIZE / 1000:g} kB"
    yield Goal(promise, f"{bare:.1f} kB", bare <= _MOST_BARE_SIZE / 1000)


def _requests(some: list[Visit]) -> float:
    return median(visit.requests for visit in some)


def _kilobytes(some: list[Visit]) -> float:
    return median(visit.size for visit in some) / 1000


def _shift(some: list[Visit]) -> float:
    return max(visit.shift for visit in some)


def _seconds(some: list[Visit]) -> str:
    seconds = [visit.seconds for visit in some]
    return f"{median(seconds):.2f} s ({min(seconds):.2f} – {max(seconds):.2f})"
