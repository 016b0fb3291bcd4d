package differ

import (
	"bytes"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// window bounds the memory of a decoder of zstd. RFC 8878 section 3.1.1.1.2 recommends to take
// windows of 8 MiB.
const window = 8 << 20

// decode takes the content coding off a body (RFC 9110 section 8.4.1). What would be longer than
// most is ComparedTooLong; what is broken, or has several codings, or one that is not known here,
// is ComparedCoded.
func decode(coding string, body []byte, most int64) ([]byte, metrics.MirrorComparison) {
	if len(body) == 0 || coding == "" || coding == "identity" {
		return body, metrics.ComparedSame
	}
	from := bytes.NewReader(body)
	var r io.Reader
	switch coding {
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(from)
		if err != nil {
			return nil, metrics.ComparedCoded
		}
		r = z
	case "br":
		r = brotli.NewReader(from)
	case "zstd":
		z, err := zstd.NewReader(from, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
		if err != nil {
			return nil, metrics.ComparedCoded
		}
		defer z.Close()
		r = z
	default:
		return nil, metrics.ComparedCoded
	}
	out, err := io.ReadAll(io.LimitReader(r, most+1))
	switch {
	case int64(len(out)) > most:
		return nil, metrics.ComparedTooLong
	case err != nil:
		return nil, metrics.ComparedCoded
	}
	return out, metrics.ComparedSame
}
