//! See `app::tests`: the store is tested through the use cases that fill it.
