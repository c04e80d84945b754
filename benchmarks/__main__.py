"""`python -m benchmarks [SUBJECT…] [--rounds N] [--size MiB]`: markdown on standard output."""

import argparse
import shutil
import signal
import sys
from itertools import chain

from benchmarks import (
    crowd,
    door,
    download,
    fleet,
    live,
    memory,
    networks,
    paths,
    place,
    road_fleet,
    road_pairs,
    roads,
    s3,
    sealed,
    signaling,
    tabs,
    upload,
)
from benchmarks.rounds import Limits
from packetpost.settings import MIB

# What each subject measures, and after how many seconds it begins no further round: together about half an hour.
SUBJECTS = {
    "upload": (upload.measure, 300),
    "download": (download.measure, 150),
    "memory": (memory.measure, 120),
    "crowd": (crowd.measure, 120),
    "s3": (s3.measure, 120),
    "live": (live.measure, 240),
    "paths": (paths.measure, 300),
    "tabs": (tabs.measure, 300),
    "signaling": (signaling.measure, 60),
    "fleet": (fleet.measure, 150),
    "sealed": (sealed.measure, 120),
    "door": (door.measure, 300),
    "road": (lambda limits: chain(roads.measure(limits), road_fleet.measure(limits), road_pairs.measure(limits)), 240),
    "networks": (networks.measure, 300),
}


def main() -> None:
    """Measure what is asked for, and leave nothing behind."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"one or more of {', '.join(SUBJECTS)}; all by default"
    )
    parser.add_argument("--rounds", type=int, default=7, help="how many times each variant runs (%(default)s)")
    parser.add_argument("--size", type=int, default=1024, help="of the file that is sent, in MiB (%(default)s)")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(SUBJECTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if asked.rounds < 1 or asked.size < 1:
        parser.error("--rounds and --size are at least 1")
    # Also when somebody ends us, every `finally` stops its server and removes its files.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    place.clear()
    try:
        print(f"Measured on: {place.machine()}.\n", flush=True)
        for name in asked.names or SUBJECTS:
            measure, seconds = SUBJECTS[name]
            print(f"## {name}\n", flush=True)
            for paragraph in measure(Limits(asked.size * MIB, asked.rounds, seconds)):
                print(f"{paragraph}\n", flush=True)
    finally:
        shutil.rmtree(place.WORK)


main()
