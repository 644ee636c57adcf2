"""The only room that knows SQL: tables, migrations, the database, and one module of queries for each noun.

Query functions take an open connection and never commit; :meth:`storage.database.Database.transaction` does.
"""
