"""What every page shares: rendering, languages, input, errors, middleware."""
