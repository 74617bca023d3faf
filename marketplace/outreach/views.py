"""The pages of a lead's outreach, from three files: the roll, messages, the trail and feeds."""

from marketplace.outreach import message_views, trail_views
from marketplace.outreach.roll_views import bp

__all__ = ["bp", "message_views", "trail_views"]
