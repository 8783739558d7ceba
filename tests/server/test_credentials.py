from __future__ import annotations

import pytest

from pelton.server import Credential, CredentialsRefused, read_credentials


def test_keys_are_read_with_their_accounts() -> None:
    text = '[{"key": "a", "secret": "b"}, {"key": "c", "secret": "d", "account": "111111111111"}]'

    assert read_credentials(text) == {
        "a": Credential(key="a", secret="b", account="000000000000"),
        "c": Credential(key="c", secret="d", account="111111111111"),
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("key: a", "not JSON"),
        ("{}", "must be a JSON list"),
        ("[]", "must be a JSON list"),
        ('["a"]', "entry 1 is not an object"),
        ('[{"key": "a"}]', "entry 1 needs the texts"),
        ('[{"key": "a", "secret": "b", "account": "1"}]', "12 digits"),
        ('[{"key": "a", "secret": "b"}, {"key": "a", "secret": "c"}]', "given twice"),
    ],
)
def test_credentials_in_another_form_are_refused(text: str, reason: str) -> None:
    with pytest.raises(CredentialsRefused, match=reason):
        read_credentials(text)


def test_a_secret_is_never_printed() -> None:
    assert "hidden" not in repr(Credential(key="a", secret="hidden"))
