//! Generates Kotlin, Swift and Python from the library: the very version it was built with.

fn main() {
    uniffi::uniffi_bindgen_main()
}
