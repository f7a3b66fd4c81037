using System.Runtime.InteropServices;

namespace Unmask.Text.Unicode;

/// <summary>UTF-16 places turned into code point places.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct CodePointPlaces
{
    private readonly int[]? _places;

    private CodePointPlaces(int[]? places) => _places = places;

    public static CodePointPlaces Of(string text)
    {
        // Without surrogates the two are the same.
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) return new(null);
        var places = new int[text.Length + 1];
        int place = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (i > 0 && char.IsLowSurrogate(text[i])) place--;
            places[i] = place++;
        }
        places[text.Length] = place;
        return new(places);
    }

    public int Of(int unit) => _places is null ? unit : _places[unit];
}
