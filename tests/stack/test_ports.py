import pytest

from pelton.stack.ports import PortRefused, listen, port_of


def test_a_port_in_use_is_one_line_that_names_it_and_the_option_that_chooses_another() -> None:
    with listen("127.0.0.1", 0, purpose="the AWS endpoint", option="--port") as taken:
        port = port_of(taken)

        with pytest.raises(PortRefused) as refused:
            listen("127.0.0.1", port, purpose="the AWS endpoint", option="--port")

    assert str(refused.value) == (
        f"port {port} (the AWS endpoint) is in use by another program (stop it, or choose another port with --port)"
    )


def test_port_zero_takes_a_free_one() -> None:
    with listen("127.0.0.1", 0, purpose="x", option="--port") as listener:
        assert port_of(listener) > 0


def test_an_address_that_is_not_this_machines_is_refused_in_one_line() -> None:
    with pytest.raises(PortRefused, match=r"cannot listen on 192\.0\.2\.1:0"):
        listen("192.0.2.1", 0, purpose="x", option="--port")
