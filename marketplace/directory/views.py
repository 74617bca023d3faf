"""The pages of the directory, from two files: looking districts up, and signing one up."""

from marketplace.directory import sign_up_views
from marketplace.directory.district_views import bp

__all__ = ["bp", "sign_up_views"]
