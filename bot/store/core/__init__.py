"""The machinery of the store: engine, statements, columns, schema, migrations, search, wiping, backup."""
