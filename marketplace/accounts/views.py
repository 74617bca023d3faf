"""The pages of accounts, from three files: coming in, one's own account, colleagues."""

from marketplace.accounts import account_views, letter_views, people_views
from marketplace.accounts.sign_in_views import bp

__all__ = ["account_views", "bp", "letter_views", "people_views"]
