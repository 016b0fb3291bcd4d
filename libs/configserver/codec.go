package configserver

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// encoded is a message in its wire form, made once and sent to many: a thousand nodes may be sent a
// large configuration at once, and each copy would be held until its node has taken it.
// (grpc.PreparedMsg may be sent only once.)
type encoded []byte

// codec is gRPC's own, and lets what is encoded pass.
type codec struct{ encoding.CodecV2 }

func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if e, ok := v.(encoded); ok {
		return mem.BufferSlice{mem.SliceBuffer(e)}, nil
	}
	return c.CodecV2.Marshal(v)
}

// ServerOptions are those that a gRPC server needs for a Server to be registered with it.
func ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ForceServerCodecV2(codec{encoding.GetCodecV2(proto.Name)}),
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.MaxConcurrentStreams(connectionStreams),
	}
}

// maxMessage has room for the largest configuration and what goes with it.
const maxMessage = 5 << 20
