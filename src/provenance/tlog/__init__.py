"""The open transparency-log formats; this room knows nothing of certifications."""
