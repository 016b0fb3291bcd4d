package gwerr

import "github.com/gatewayhomebrew/gateway/libs/jsonstr"

// ContentType is the Content-Type of the body that AppendBody writes.
const ContentType = "application/json"

// AppendBody appends the body of the answer with code c to dst, and allocates only if dst has to
// grow. An empty message means the code's summary. The message goes to the client: it must hold
// neither secrets nor internal addresses. Both texts may hold any bytes; what JSON can't hold is
// escaped.
func AppendBody[M, I ~string | ~[]byte](dst []byte, c Code, message M, correlationID I) []byte {
	return append(appendOpen(dst, c, message, correlationID), '}', '}')
}

// AppendBodyWith is AppendBody with one more member of the error: its name, and its value, which is
// JSON.
func AppendBodyWith[M, I ~string | ~[]byte](
	dst []byte, c Code, message M, correlationID I, name string, value []byte,
) []byte {
	dst = append(appendOpen(dst, c, message, correlationID), ',')
	dst = append(jsonstr.Append(dst, name), ':')
	return append(append(dst, value...), '}', '}')
}

// appendOpen appends the body up to where the error would end.
func appendOpen[M, I ~string | ~[]byte](dst []byte, c Code, message M, correlationID I) []byte {
	info := &catalogue[Internal]
	if c != None && c < numCodes {
		info = &catalogue[c]
	}
	dst = append(dst, `{"error":{"code":"`...)
	dst = append(dst, info.Name...)
	dst = append(dst, `","message":`...)
	if len(message) == 0 {
		dst = jsonstr.Append(dst, info.Summary)
	} else {
		dst = jsonstr.Append(dst, message)
	}
	dst = append(dst, `,"correlation_id":`...)
	return jsonstr.Append(dst, correlationID)
}
