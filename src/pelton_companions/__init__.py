"""Local servers that speak other vendors' wire protocols; imports nothing of Pelton."""
