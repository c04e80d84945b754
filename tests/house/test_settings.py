"""Settings: the README's table, the defaults, and what refuses to start."""

import re
from pathlib import Path

import pytest

from packetpost.errors import SettingsError
from packetpost.settings import SETTINGS, Settings

README = (Path(__file__).parents[2] / "README.md").read_text()
TABLE = re.findall(r"^\| `([A-Z0-9_]+)` \| (.*?) \| (.*?) \| (.+) \|$", README, re.MULTILINE)


def test_the_readme_lists_every_setting_with_its_default_and_unit() -> None:
    listed = {name: (default.strip("` "), unit.strip()) for name, default, unit, _ in TABLE}
    assert listed == SETTINGS


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_environ({})
    assert (settings.port, settings.limits.upload_bytes, settings.expiry.default) == (8000, 2 * 1024**3, 24 * 3600)


def test_an_empty_value_means_the_default() -> None:
    assert Settings.from_environ({"PORT": " "}).port == 8000


def test_expiry_choices_are_sorted_seconds() -> None:
    assert Settings.from_environ({"PACKETPOST_EXPIRY_CHOICES_HOURS": "24, 1"}).expiry.choices == (3600, 86400)


def test_the_public_url_loses_its_last_slash() -> None:
    assert (
        Settings.from_environ({"PACKETPOST_PUBLIC_URL": "https://post.example/"}).public_url == "https://post.example"
    )


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"PORT": "http"}, "PORT"),
        ({"PORT": "70000"}, "PORT"),
        ({"PACKETPOST_MAX_UPLOAD_BYTES": "-1"}, "PACKETPOST_MAX_UPLOAD_BYTES"),
        ({"PACKETPOST_MAX_UPLOAD_BYTES": "2 GiB"}, "PACKETPOST_MAX_UPLOAD_BYTES"),
        ({"PACKETPOST_MAX_UPLOAD_BYTES": "٣"}, "PACKETPOST_MAX_UPLOAD_BYTES"),
        ({"PACKETPOST_MAX_UPLOAD_BYTES": "10", "PACKETPOST_MAX_STORED_BYTES": "9"}, "PACKETPOST_MAX_STORED_BYTES"),
        ({"PACKETPOST_EXPIRY_CHOICES_HOURS": "1,,2"}, "PACKETPOST_EXPIRY_CHOICES_HOURS"),
        ({"PACKETPOST_EXPIRY_CHOICES_HOURS": "1,9999"}, "PACKETPOST_MAX_EXPIRY_HOURS"),
        ({"PACKETPOST_EXPIRY_HOURS": "200"}, "PACKETPOST_MAX_EXPIRY_HOURS"),
        ({"PACKETPOST_RATE_LIMITS": "maybe"}, "PACKETPOST_RATE_LIMITS"),
        ({"PACKETPOST_LOG": "xml"}, "PACKETPOST_LOG"),
        ({"PACKETPOST_ADMIN_TOKEN": "short"}, "PACKETPOST_ADMIN_TOKEN"),
        ({"PACKETPOST_REPORT_WEBHOOK": "hooks.example"}, "PACKETPOST_REPORT_WEBHOOK"),
        ({"PACKETPOST_SECURITY_CONTACT": "security@post.example"}, "PACKETPOST_SECURITY_CONTACT"),
        ({"PACKETPOST_SECURITY_CONTACT": "https://post.example/a\nExpires: x"}, "PACKETPOST_SECURITY_CONTACT"),
        ({"PACKETPOST_PUBLIC_URL": "post.example"}, "PACKETPOST_PUBLIC_URL"),
        ({"PACKETPOST_PUBLIC_URL": "https://a..b"}, "PACKETPOST_PUBLIC_URL"),
        ({"PACKETPOST_PUBLIC_URL": "https://post.example:70000"}, "PACKETPOST_PUBLIC_URL"),
        ({"PACKETPOST_PUBLIC_URL": "https://[1::2::3]"}, "PACKETPOST_PUBLIC_URL"),
        ({"PACKETPOST_PROXY_HOPS": "11"}, "PACKETPOST_PROXY_HOPS"),
        ({"WEB_CONCURRENCY": "2"}, "WEB_CONCURRENCY"),
    ],
)
def test_an_impossible_setting_refuses_with_a_sentence_that_names_it(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        Settings.from_environ(environ)
