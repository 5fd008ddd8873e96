// Records, enums and errors of the core are those of the generated module: whoever imports
// LossbookKit has them too.
@_exported import LossbookFFI
