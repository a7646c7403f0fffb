//! Nothing: Cargo.toml only names a package to fetch.
