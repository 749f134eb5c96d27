"""Codes with check digits: machine-readable zones, IBANs, tax numbers."""
