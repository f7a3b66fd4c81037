namespace Unmask.Engine.Data.Tables.Parquet;

/// <summary>The two ways in which a file says what a column means.</summary>
internal static class LogicalTypes
{
    /// <summary>Reads the newer one.</summary>
    /// <returns>Whether it is one that is known.</returns>
    public static bool Read(ThriftReader thrift, SchemaElement element)
    {
        var known = true;
        thrift.Struct((kind, type) =>
        {
            if (type != ThriftType.Struct) return false;
            element.Logical = kind switch
            {
                1 or 4 => LogicalType.Text,
                2 => LogicalType.Map,
                3 => LogicalType.List,
                5 => LogicalType.Decimal,
                6 => LogicalType.Date,
                7 => LogicalType.Time,
                8 => LogicalType.Timestamp,
                10 => LogicalType.Integer,
                11 => LogicalType.Null,
                12 => LogicalType.Json,
                14 => LogicalType.Uuid,
                15 => LogicalType.Float16,
                _ => LogicalType.None,
            };
            known = element.Logical != LogicalType.None;
            thrift.Struct((field, inner) => Parameter(thrift, element, kind, field, inner));
            return true;
        });
        return known && element.Logical != LogicalType.None;
    }

    /// <summary>Reads the older one.</summary>
    public static void Convert(int converted, SchemaElement element)
    {
        element.Logical = converted switch
        {
            0 or 4 => LogicalType.Text,
            1 or 2 => LogicalType.Map,
            3 => LogicalType.List,
            5 => LogicalType.Decimal,
            6 => LogicalType.Date,
            7 or 8 => LogicalType.Time,
            9 or 10 => LogicalType.Timestamp,
            >= 11 and <= 18 => LogicalType.Integer,
            19 => LogicalType.Json,
            21 => LogicalType.Interval,
            _ => LogicalType.None,
        };
        element.IsUnsigned = converted is >= 11 and <= 14;
        element.Unit = converted is 8 or 10 ? 2 : 1;
    }

    private static bool Parameter(ThriftReader thrift, SchemaElement element, int kind, int field, ThriftType type)
    {
        switch (kind, field, type)
        {
            case (5, 1, ThriftType.Int32):
                element.Scale = thrift.Int32();
                return true;
            case (7 or 8, 1, ThriftType.True or ThriftType.False):
                element.IsUtc = type == ThriftType.True;
                return true;
            case (7 or 8, 2, ThriftType.Struct):
                thrift.Struct((unit, _) =>
                {
                    element.Unit = unit;
                    return false;
                });
                return true;
            case (10, 2, ThriftType.True or ThriftType.False):
                element.IsUnsigned = type == ThriftType.False;
                return true;
            default:
                return false;
        }
    }
}
