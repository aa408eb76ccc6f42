"""The register of events, and what is written from it."""

import inspect

from kiosk.store import events, registry
from kiosk.store.event import Event


def test_functions_and_reference_are_up_to_date() -> None:
    registered = registry.registered_events()
    assert registry.FUNCTIONS.read_text("utf-8") == registry.functions_text(registered)
    assert registry.REFERENCE.read_text("utf-8") == registry.reference_text(registered)


def test_every_function_makes_the_event_that_is_registered() -> None:
    registered = registry.registered_events()
    made = {name: function for name, function in vars(events).items() if inspect.isfunction(function)}
    assert made.keys() == registered.keys()
    for name, function in made.items():
        values = {
            field: 1 if kind is registry.FieldType.NUMBER else "x" for field, kind in registered[name].fields.items()
        }
        wanted = Event(name, registered[name].session, tuple(values.items()), kept=registered[name].kept)
        assert function(**values) == wanted


def test_no_event_of_a_session_has_a_field_that_could_name_a_ballot() -> None:
    allowed = {"refusal", "trouble"}
    for event in registry.registered_events().values():
        if event.session != "any":
            assert event.fields.keys() <= allowed


def test_words_are_there_in_both_languages() -> None:
    for event in registry.registered_events().values():
        assert event.en.isascii()
        assert not event.ru.isascii()
