"""Nova: a WhatsApp bot and its CRM dashboard over one PostgreSQL, built around Reset."""
