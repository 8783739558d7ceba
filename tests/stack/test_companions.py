import pytest

from pelton.stack.companions import chosen
from pelton.stack.refusal import CannotStart


def test_a_companion_runs_where_no_account_is_configured() -> None:
    vendors, replaced = chosen(["search", "mail"], {})

    assert [vendor.name for vendor in vendors] == ["search", "mail"]
    assert replaced == []


def test_any_variable_of_a_vendor_set_by_the_user_keeps_its_companion_away() -> None:
    vendors, replaced = chosen(["search", "crm"], {"HUBSPOT_ACCESS_TOKEN": "pat-1"})

    assert [vendor.name for vendor in vendors] == ["search"]
    assert replaced == ["crm: the real vendor is used, because HUBSPOT_ACCESS_TOKEN is set"]


def test_an_unknown_companion_is_refused_by_name() -> None:
    with pytest.raises(CannotStart, match="no companion 'serach'"):
        chosen(["serach"], {})
