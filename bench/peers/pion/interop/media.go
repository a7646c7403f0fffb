package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"github.com/pion/webrtc/v4/pkg/media/h264reader"
	"github.com/pion/webrtc/v4/pkg/media/ivfreader"
	"github.com/pion/webrtc/v4/pkg/media/oggreader"
	"github.com/pion/webrtc/v4/pkg/media/samplebuilder"
)

// A track that came, and how many of its frames came whole. pion decodes none of them.
type incoming struct {
	kind  webrtc.RTPCodecType
	whole atomic.Int64
}

func (p *peer) frames() object {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	decoded := map[string]int64{"audio": 0, "video": 0}
	tracks := []object{}
	for _, track := range p.tracks {
		decoded[track.kind.String()] += track.whole.Load()
		tracks = append(tracks, object{"kind": track.kind.String(), "decoded": track.whole.Load()})
	}
	return object{"decoded": decoded, "tracks": tracks}
}

const frameTime = 40 * time.Millisecond

// A source gives one sample after the other, and io.EOF at the end.
func open(codec, path string) (func() (media.Sample, error), error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	switch codec {
	case "VP8":
		reader, _, err := ivfreader.NewWith(file)
		return func() (media.Sample, error) {
			frame, _, err := reader.ParseNextFrame()
			return media.Sample{Data: frame, Duration: frameTime}, err
		}, err
	case "H264":
		reader, err := h264reader.NewReader(file)
		return func() (media.Sample, error) {
			nal, err := reader.NextNAL()
			if err != nil {
				return media.Sample{}, err
			}
			sample := media.Sample{Data: append([]byte{0, 0, 0, 1}, nal.Data...)}
			if nal.UnitType == h264reader.NalUnitTypeCodedSliceIdr ||
				nal.UnitType == h264reader.NalUnitTypeCodedSliceNonIdr {
				sample.Duration = frameTime
			}
			return sample, nil
		}, err
	case "OPUS":
		reader, _, err := oggreader.NewWith(file)
		var last uint64
		return func() (media.Sample, error) {
			page, header, err := reader.ParseNextPage()
			if err == nil && bytes.HasPrefix(page, []byte("OpusTags")) {
				page, header, err = reader.ParseNextPage()
			}
			if err != nil {
				return media.Sample{}, err
			}
			duration := time.Duration(header.GranulePosition-last) * time.Second / 48000
			last = header.GranulePosition
			return media.Sample{Data: page, Duration: duration}, nil
		}, err
	}
	return nil, fmt.Errorf("there is no codec %s", codec)
}

// Sends the file again and again, from when there is a connection.
func (p *peer) addMedia(kind, codec, path string) (string, object, error) {
	mimeType := map[string]string{"VP8": webrtc.MimeTypeVP8, "H264": webrtc.MimeTypeH264, "OPUS": webrtc.MimeTypeOpus}[codec]
	track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: mimeType}, kind, "pion")
	if err != nil {
		return "", nil, err
	}
	sender, err := p.connection.AddTrack(track)
	if err != nil {
		return "", nil, err
	}
	next, err := open(codec, path)
	if err != nil {
		return "", nil, err
	}
	go func() {
		for buffer := make([]byte, 1500); ; { // what comes back is for the interceptors
			if _, _, err := sender.Read(buffer); err != nil {
				return
			}
		}
	}()
	go func() {
		for p.connection.ConnectionState() != webrtc.PeerConnectionStateConnected {
			time.Sleep(20 * time.Millisecond)
		}
		for due := time.Now(); ; {
			sample, err := next()
			if errors.Is(err, io.EOF) {
				if next, err = open(codec, path); err != nil {
					return
				}
				continue
			}
			if err != nil || track.WriteSample(sample) != nil {
				return
			}
			due = due.Add(sample.Duration)
			time.Sleep(time.Until(due))
		}
	}()
	return "track_added", object{"kind": kind}, nil
}

func (p *peer) take(track *webrtc.TrackRemote) {
	p.tell("track", object{"kind": track.Kind().String()})
	var depacketizer rtp.Depacketizer
	switch track.Codec().MimeType {
	case webrtc.MimeTypeVP8:
		depacketizer = &codecs.VP8Packet{}
	case webrtc.MimeTypeH264:
		depacketizer = &codecs.H264Packet{}
	default:
		depacketizer = &codecs.OpusPacket{}
	}
	counted := &incoming{kind: track.Kind()}
	p.mutex.Lock()
	p.tracks = append(p.tracks, counted)
	p.mutex.Unlock()
	builder := samplebuilder.New(100, depacketizer, track.Codec().ClockRate)
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		builder.Push(packet)
		for builder.Pop() != nil {
			counted.whole.Add(1)
		}
	}
}
