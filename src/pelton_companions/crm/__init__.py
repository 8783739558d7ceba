"""CRM: HubSpot's contacts, on this machine."""
