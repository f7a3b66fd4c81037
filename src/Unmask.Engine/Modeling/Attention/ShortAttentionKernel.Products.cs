using Unmask.Engine.Tensors;

namespace Unmask.Engine.Modeling.Attention;

/// <summary>
/// The matrix products. In 256 bits four rows are computed at once: their sums hide the time that an addition takes, and one load of the other matrix
/// serves all. In 512 bits rows are computed one by one; tiles have not been timed there. Both ways add in the same order.
/// </summary>
internal sealed unsafe partial class ShortAttentionKernel<TLanes, TVector>
{
    /// <summary>Rows computed at once. Matrices have room for a multiple of it.</summary>
    private const int Tile = 4;

    private static bool InTiles => typeof(TLanes) == typeof(Lanes256);

    /// <summary>A row-major result [rows, columns] of a [rows, inner] times b [inner, columns].</summary>
    private static void Multiply(float* a, int aStride, int rows, int inner, float* b, int columns, float* result)
    {
        if (InTiles) MultiplyTiles(a, aStride, 1, rows, inner, b, columns, result);
        else MultiplyRows(a, aStride, rows, inner, b, columns, result);
    }

    /// <summary>Gradients of queries, keys and values [length, width] from those of the scores [length, padded].</summary>
    private static void Gradients(int length, int width, int padded, float* score, float* probability, float* q, float* k, float* contextGradient, float* dq, float* dk, float* dv)
    {
        if (InTiles)
        {
            MultiplyTiles(score, padded, 1, length, length, k, width, dq);
            MultiplyTiles(score, 1, padded, length, length, q, width, dk);
            MultiplyTiles(probability, 1, padded, length, length, contextGradient, width, dv);
            return;
        }

        new Span<float>(dk, length * width).Clear();
        new Span<float>(dv, length * width).Clear();
        for (var i = 0; i < length; i++) AddGradients(length, width, score + i * padded, probability + i * padded, q + i * width, k, contextGradient + i * width, dq + i * width, dk, dv);
    }

    /// <summary>As <see cref="Multiply"/>; rows and columns of a lie so many elements apart.</summary>
    private static void MultiplyTiles(float* a, int rowStride, int columnStride, int rows, int inner, float* b, int columns, float* result)
    {
        for (var i = 0; i < rows; i += Tile) MultiplyTile(a + i * rowStride, rowStride, columnStride, inner, b, columns, result + i * columns);
    }

    private static void MultiplyTile(float* a, int rowStride, int columnStride, int inner, float* b, int columns, float* result)
    {
        float* a1 = a + rowStride, a2 = a1 + rowStride, a3 = a2 + rowStride;
        for (var c = 0; c < columns; c += TLanes.Count)
        {
            TVector sum0 = default, sum1 = default, sum2 = default, sum3 = default;
            var row = b + c;
            for (nint j = 0; j < inner; j++, row += columns)
            {
                var value = TLanes.Load(row);
                sum0 = TLanes.MultiplyAdd(TLanes.Create(a[j * columnStride]), value, sum0);
                sum1 = TLanes.MultiplyAdd(TLanes.Create(a1[j * columnStride]), value, sum1);
                sum2 = TLanes.MultiplyAdd(TLanes.Create(a2[j * columnStride]), value, sum2);
                sum3 = TLanes.MultiplyAdd(TLanes.Create(a3[j * columnStride]), value, sum3);
            }

            TLanes.Store(sum0, result + c);
            TLanes.Store(sum1, result + columns + c);
            TLanes.Store(sum2, result + 2 * columns + c);
            TLanes.Store(sum3, result + 3 * columns + c);
        }
    }

    private static void MultiplyRows(float* a, int aStride, int rows, int inner, float* b, int columns, float* result)
    {
        for (var i = 0; i < rows; i++)
        {
            var row = a + i * aStride;
            for (var c = 0; c < columns; c += TLanes.Count)
            {
                TVector sum = default;
                for (var j = 0; j < inner; j++) sum = TLanes.MultiplyAdd(TLanes.Create(row[j]), TLanes.Load(b + j * columns + c), sum);
                TLanes.Store(sum, result + i * columns + c);
            }
        }
    }

    /// <summary>The query's gradient and what it adds to those of all keys and values, from its row of scores and probabilities.</summary>
    private static void AddGradients(int length, int width, float* score, float* probability, float* q, float* k, float* contextGradient, float* dq, float* dk, float* dv)
    {
        for (var c = 0; c < width; c += TLanes.Count)
        {
            var query = TLanes.Load(q + c);
            var gradient = TLanes.Load(contextGradient + c);
            TVector sum = default;
            for (var j = 0; j < length; j++)
            {
                var at = j * width + c;
                var s = TLanes.Create(score[j]);
                sum = TLanes.MultiplyAdd(s, TLanes.Load(k + at), sum);
                TLanes.Store(TLanes.MultiplyAdd(s, query, TLanes.Load(dk + at)), dk + at);
                TLanes.Store(TLanes.MultiplyAdd(TLanes.Create(probability[j]), gradient, TLanes.Load(dv + at)), dv + at);
            }

            TLanes.Store(sum, dq + c);
        }
    }
}
