"""Every page of payments."""

from marketplace.payments import money_views, operator_views, pay_views, webhook_views
from marketplace.payments.desk_views import bp

__all__ = ["bp", "money_views", "operator_views", "pay_views", "webhook_views"]
