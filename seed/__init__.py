"""A believable demonstration world, built through the services with a frozen clock."""
