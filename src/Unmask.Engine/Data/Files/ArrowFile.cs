using System.Text.Json;
using System.Text.Json.Nodes;
using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Unmask.Core;
using Unmask.Engine.Data.Rows;

namespace Unmask.Engine.Data.Files;

/// <summary>Arrow IPC files and streams (the shards of a saved Hugging Face data set are streams), one record batch in memory at a time.</summary>
internal static class ArrowFile
{
    public static IEnumerable<Row> Read(string path, OpenFile open)
    {
        using var stream = open(path);
        Span<byte> magic = stackalloc byte[6];
        var isFile = stream.ReadAtLeast(magic, 6, throwOnEndOfStream: false) == 6 && magic.SequenceEqual("ARROW1"u8);
        stream.Position = 0;
        return ReadBatches(path, isFile, open);
    }

    private static IEnumerable<Row> ReadBatches(string path, bool isFile, OpenFile open)
    {
        using var stream = open(path);
        var codecs = new CompressionCodecFactory();
        using var reader = isFile ? new ArrowFileReader(stream, codecs) : new ArrowStreamReader(stream, codecs);
        long line = 0;
        while (reader.ReadNextRecordBatch() is { } batch)
        {
            var fields = batch.Schema.FieldsList;
            for (var i = 0; i < batch.Length; i++)
            {
                var values = new OrderedDictionary<string, JsonNode?>(fields.Count);
                for (var column = 0; column < fields.Count; column++) values[fields[column].Name] = Cell(batch.Column(column), i, path, fields[column].Name);
                yield return new Row(path, ++line, values);
            }

            // Disposing a batch also frees dictionaries that later batches share; those are left to the collector.
            if (!fields.Any(field => HasDictionary(field.DataType))) batch.Dispose();
        }
    }

    private static bool HasDictionary(IArrowType type) =>
        type is DictionaryType || (type is NestedType nested && nested.Fields.Any(field => HasDictionary(field.DataType)));

    private static JsonNode? Cell(IArrowArray array, int i, string path, string column)
    {
        if (array.IsNull(i)) return null;
        switch (array)
        {
            case StringArray strings:
                return JsonValue.Create(strings.GetString(i));
            case LargeStringArray strings:
                return JsonValue.Create(strings.GetString(i));
            case StringViewArray strings:
                return JsonValue.Create(strings.GetString(i));
            case BooleanArray flags:
                return CellValue.Of(flags.GetValue(i));
            case DictionaryArray dictionary:
                return Cell(dictionary.Dictionary, Index(dictionary.Indices, i), path, column);
            case StructArray members:
                var names = ((StructType)members.Data.DataType).Fields;
                return new JsonObject(names.Select((field, k) => KeyValuePair.Create(field.Name, Cell(members.Fields[k], i, path, column))));
            case ListArray list:
                return Elements(list.Values, list.ValueOffsets[i], list.GetValueLength(i), path, column);
            case LargeListArray list:
                return Elements(list.Values, checked((int)list.ValueOffsets[i]), list.GetValueLength(i), path, column);
            case FixedSizeListArray list:
                var size = ((FixedSizeListType)list.Data.DataType).ListSize;
                return Elements(list.Values, (list.Offset + i) * size, size, path, column);
            case BinaryArray bytes:
                return CellValue.Of(bytes.GetBytes(i).ToArray());
            case LargeBinaryArray bytes:
                return CellValue.Of(bytes.GetBytes(i).ToArray());
            case TimestampArray times:
                return JsonValue.Create(times.GetTimestamp(i)!.Value.ToString("O", System.Globalization.CultureInfo.InvariantCulture));
            case Date32Array dates:
                return CellValue.Of(dates.GetDateTime(i));
            case Date64Array dates:
                return CellValue.Of(dates.GetDateTime(i));
            case Decimal128Array decimals:
                return JsonValue.Create(JsonSerializer.SerializeToElement(decimals.GetValue(i)));
            default:
                return CellValue.Of(Number(array, i) ?? throw new UserError(
                    $"Column '{column}' of '{path}' has the Arrow type {array.Data.DataType.Name}, which is not understood. Leave the column out or turn it into text, numbers, lists or structs."));
        }
    }

    private static object? Number(IArrowArray array, int i) => array switch
    {
        Int64Array a => a.Values[i],
        Int32Array a => a.Values[i],
        Int16Array a => a.Values[i],
        Int8Array a => a.Values[i],
        UInt64Array a => a.Values[i],
        UInt32Array a => a.Values[i],
        UInt16Array a => a.Values[i],
        UInt8Array a => a.Values[i],
        DoubleArray a => a.Values[i],
        FloatArray a => a.Values[i],
        HalfFloatArray a => (float)a.Values[i],
        _ => null,
    };

    private static int Index(IArrowArray indices, int i) => indices switch
    {
        Int8Array a => a.Values[i],
        Int16Array a => a.Values[i],
        Int32Array a => a.Values[i],
        Int64Array a => checked((int)a.Values[i]),
        UInt8Array a => a.Values[i],
        UInt16Array a => a.Values[i],
        UInt32Array a => checked((int)a.Values[i]),
        _ => checked((int)((UInt64Array)indices).Values[i]),
    };

    private static JsonArray Elements(IArrowArray values, int from, int count, string path, string column)
    {
        var elements = new JsonNode?[count];
        for (var k = 0; k < count; k++) elements[k] = Cell(values, from + k, path, column);
        return new JsonArray(elements);
    }
}
