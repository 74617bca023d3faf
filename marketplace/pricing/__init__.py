"""What a licence costs, who pays how much of it, and whether that is provably fair."""
