//! Small Parquet files: [`encode`] of columns into bytes and [`decode`] of them.
//!
//! One row group, no compression: losses and scores are noise in their low bits and hardly shrink,
//! and a run's table is read whole. This goes straight to polars' Parquet
//! crate, since the reader of polars itself costs more than the values of so small a file.
//!
//! Does not know about runs or files.

use polars::prelude::*;
use polars_parquet::{
    parquet::write::{FileWriter, WriteOptions as FileOptions},
    read::{
        BasicDecompressor, PageReader, column_iter_to_arrays, read_metadata,
        schema::parquet_to_arrow_schema,
    },
    write::{
        CompressionOptions, Compressor, DynIter, DynStreamingIterator, Encoding, StatisticsOptions,
        Version, WriteOptions, array_to_columns, to_parquet_schema,
    },
};
use std::io::Cursor;

const OPTIONS: WriteOptions = WriteOptions {
    statistics: StatisticsOptions {
        min_value: false,
        max_value: false,
        distinct_count: false,
        null_count: false,
        binary_statistics_truncate_length: None,
    },
    version: Version::V1,
    compression: CompressionOptions::Uncompressed,
    data_page_size: None,
};

/// A frame of flat columns as the bytes of a file.
///
/// # Errors
/// When a column is of a type that this does not write.
pub(super) fn encode(frame: &DataFrame) -> PolarsResult<Vec<u8>> {
    let level = CompatLevel::oldest();
    let fields = frame.columns().iter().map(|column| column.field().to_arrow(level));
    let schema: ArrowSchema = fields.map(|field| (field.name.clone(), field)).collect();
    let schema = to_parquet_schema(&schema)?;
    let mut pages = Vec::new();
    for (column, kind) in frame.columns().iter().zip(schema.fields()) {
        let series = column.as_materialized_series().rechunk();
        let array = series.to_arrow(0, level);
        // Counts repeat: a dictionary makes those of a run's cases next to nothing.
        let encoding = match column.dtype() {
            DataType::UInt64 => Encoding::RleDictionary,
            _ => Encoding::Plain,
        };
        for pages_of in array_to_columns(array, kind.clone(), OPTIONS, &[encoding])? {
            let pages_of = pages_of.collect::<PolarsResult<Vec<_>>>()?;
            let pages_of = DynIter::new(pages_of.into_iter().map(Ok));
            let compressed = Compressor::new(pages_of, OPTIONS.compression, Vec::new());
            pages.push(DynStreamingIterator::new(compressed));
        }
    }
    let options = FileOptions { write_statistics: false, version: OPTIONS.version };
    let mut writer = FileWriter::new(Vec::new(), schema, options, Some("seglab".to_owned()));
    if frame.height() > 0 {
        writer.write(frame.height() as u64, DynIter::new(pages.into_iter().map(Ok)))?;
    }
    writer.end(None)?;
    Ok(writer.into_inner())
}

/// The columns of a file that [`encode`] made, or those of them that are wanted.
///
/// The bytes must be known to be those that were written: Parquet itself proves nothing.
///
/// # Errors
/// When the bytes are not such a file.
pub(super) fn decode(bytes: &[u8], wanted: impl Fn(&str) -> bool) -> PolarsResult<DataFrame> {
    let metadata = read_metadata(&mut Cursor::new(bytes))?;
    let fields = parquet_to_arrow_schema(metadata.schema().fields());
    let mut columns = Vec::with_capacity(fields.len());
    for (place, field) in fields.iter_values().enumerate().filter(|(_, f)| wanted(&f.name)) {
        let mut arrays = Vec::new();
        for group in &metadata.row_groups {
            let chunk = &group.parquet_columns()[place];
            let range = chunk.byte_range();
            let part = usize::try_from(range.start)
                .ok()
                .zip(usize::try_from(range.end).ok())
                .and_then(|(start, end)| bytes.get(start..end))
                .ok_or_else(|| polars_err!(ComputeError: "a column lies outside of the file"))?;
            let pages =
                PageReader::new(Cursor::new(part.to_vec().into()), chunk, Vec::new(), usize::MAX);
            let kind = &chunk.descriptor().descriptor.primitive_type;
            let pages = BasicDecompressor::new(pages, Vec::new());
            let (read, _) = column_iter_to_arrays(vec![pages], vec![kind], field.clone(), None)?;
            arrays.extend(read);
        }
        let series = if arrays.is_empty() {
            Series::new_empty(field.name.clone(), &DataType::from_arrow_field(field))
        } else {
            Series::try_from((field.name.clone(), arrays))?
        };
        columns.push(series.into_column());
    }
    DataFrame::new_infer_height(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> DataFrame {
        let floats = [Some(0.1), None, Some(f64::NAN), Some(f64::NEG_INFINITY), Some(-0.0)];
        let counts: Vec<u64> = vec![1, 2, u64::MAX, 0, 5];
        df!("loss" => floats, "step" => counts, "is_best" => [true, false, true, true, false])
            .unwrap()
    }

    #[test]
    fn values_come_back_bit_for_bit() {
        let frame = frame();
        let read = decode(&encode(&frame).unwrap(), |_| true).unwrap();
        assert_eq!(read.schema(), frame.schema());
        let bits = |frame: &DataFrame| {
            let floats = frame.column("loss").unwrap().f64().unwrap();
            floats.iter().map(|value| value.map(f64::to_bits)).collect::<Vec<_>>()
        };
        assert_eq!(bits(&read), bits(&frame));
        for name in ["step", "is_best"] {
            assert!(read.column(name).unwrap().equals_missing(frame.column(name).unwrap()));
        }
    }

    #[test]
    fn some_columns_or_no_rows_are_read_too() {
        let bytes = encode(&frame()).unwrap();
        let read = decode(&bytes, |name| name == "step").unwrap();
        assert_eq!((read.height(), read.width()), (5, 1));
        let empty = frame().slice(0, 0);
        let read = decode(&encode(&empty).unwrap(), |_| true).unwrap();
        assert_eq!((read.height(), read.schema()), (0, empty.schema()));
    }
}
