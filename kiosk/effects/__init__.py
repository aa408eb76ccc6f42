"""The only callers of store, sync and drivers: what a flow asks for is carried out here."""
