"""Raw rows to versioned tables: schema, cleaning, taxonomy, deduplication, splits, Iceberg."""
