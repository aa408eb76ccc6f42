"""The words that people read: gettext catalogues with plural forms, dates and numbers, without Qt.

Screens, papers, speech and public pages all resolve their messages here.
"""

from texts.catalogue import FIRST_LANGUAGE, Catalogue, MissingWordsError, Part, languages

__all__ = ["FIRST_LANGUAGE", "Catalogue", "MissingWordsError", "Part", "languages"]
