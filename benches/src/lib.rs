//! Criterion benchmarks, beside other implementations in the same run.
