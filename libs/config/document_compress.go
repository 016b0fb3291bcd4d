package config

// The algorithms of Compress: content codings of RFC 9110 section 8.4.1, RFC 7932 and RFC 8878.
const (
	AlgorithmGzip   = "gzip"
	AlgorithmBrotli = "br"
	AlgorithmZstd   = "zstd"
)

// Compress says which responses of a route are compressed.
type Compress struct {
	Algorithms []string `config:"algorithms,enum=zstd|br|gzip"`
	MinBytes   int64    `config:"min_bytes,min=0,max=65536,zero=means all sizes"`
	Types      []string `config:"types,form=mediaRange"`
	Level      int      `config:"level,min=1,max=9"`
	Cookies    bool     `config:"cookies"`
}

func (Compress) keyTexts() texts {
	return texts{
		"algorithms": "`zstd`, `br`, `gzip`: those that may be used. The client's weights " +
			"choose; of those it wants alike, the first. An empty list: none, so that nothing " +
			"is compressed.",
		"min_bytes": "Shorter bodies go as they are. Of a body without `Content-Length`, what " +
			"comes before the endpoint pauses is counted.",
		"types": "Media types that are compressed: `text/html`, `text/*`, `application/*+json` " +
			"or `*/*`. Parameters, such as a charset, don't count.",
		"level": "From 1, the fastest, to 9, the smallest. See " +
			"[Compression](compress.md#levels) for what each algorithm makes of it.",
		"cookies": "Compress responses that set cookies too. Read [BREACH](compress.md#breach) " +
			"before you do.",
	}
}
