// pion as a program with the commands and events of docs/peer-protocol.md, for tests/interop:
// pion_interop [CONFIGURATION], an RTCConfiguration in JSON, of which bundlePolicy is read.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"github.com/pion/webrtc/v4"
)

type object = map[string]any

type command struct {
	Op               string          `json:"op"`
	Ref              json.RawMessage `json:"ref"`
	Label            string          `json:"label"`
	Kind             string          `json:"kind"`
	Type             string          `json:"type"`
	SDP              string          `json:"sdp"`
	Channel          int             `json:"channel"`
	Text             *string         `json:"text"`
	Base64           []byte          `json:"base64"`
	Candidate        string          `json:"candidate"`
	SDPMid           *string         `json:"sdpMid"`
	SDPMLineIndex    *uint16         `json:"sdpMLineIndex"`
	UsernameFragment *string         `json:"usernameFragment"`
	Codec            string          `json:"codec"`
	File             string          `json:"file"`
	Direction        string          `json:"direction"`
}

type peer struct {
	connection *webrtc.PeerConnection
	mutex      sync.Mutex // of channels and tracks; pion's handlers run in goroutines of their own
	channels   []*webrtc.DataChannel
	tracks     []*incoming
	write      sync.Mutex
}

func (p *peer) tell(event string, fields object) {
	line := object{"event": event}
	for key, value := range fields {
		line[key] = value
	}
	text, _ := json.Marshal(line)
	p.write.Lock()
	defer p.write.Unlock()
	fmt.Println(string(text))
}

func (p *peer) watch(channel *webrtc.DataChannel) object {
	p.mutex.Lock()
	p.channels = append(p.channels, channel)
	number := len(p.channels)
	p.mutex.Unlock()
	about := object{"channel": number, "label": channel.Label()}
	channel.OnOpen(func() { p.tell("data_channel_open", about) })
	channel.OnClose(func() { p.tell("data_channel_closed", about) })
	channel.OnMessage(func(message webrtc.DataChannelMessage) {
		if message.IsString {
			p.tell("message", object{"channel": number, "text": string(message.Data)})
		} else {
			p.tell("message", object{"channel": number, "base64": message.Data})
		}
	})
	return about
}

func described(event string, made webrtc.SessionDescription, err error) (string, object, error) {
	return event, object{"type": made.Type.String(), "sdp": made.SDP}, err
}

func (p *peer) execute(c command) (string, object, error) {
	description := webrtc.SessionDescription{Type: webrtc.NewSDPType(c.Type), SDP: c.SDP}
	switch c.Op {
	case "create_data_channel":
		channel, err := p.connection.CreateDataChannel(c.Label, nil)
		if err != nil {
			return "", nil, err
		}
		return "data_channel_created", p.watch(channel), nil
	case "add_transceiver":
		direction := webrtc.RTPTransceiverDirectionSendrecv
		if c.Direction != "" {
			direction = webrtc.NewRTPTransceiverDirection(c.Direction)
		}
		_, err := p.connection.AddTransceiverFromKind(
			webrtc.NewRTPCodecType(c.Kind), webrtc.RTPTransceiverInit{Direction: direction})
		return "done", nil, err
	case "add_media":
		return p.addMedia(c.Kind, c.Codec, c.File)
	case "frames":
		return "frames", p.frames(), nil
	case "create_offer":
		made, err := p.connection.CreateOffer(nil)
		return described("offer", made, err)
	case "create_answer":
		made, err := p.connection.CreateAnswer(nil)
		return described("answer", made, err)
	case "set_local_description":
		return "local_description_set", nil, p.connection.SetLocalDescription(description)
	case "set_remote_description":
		return "remote_description_set", nil, p.connection.SetRemoteDescription(description)
	case "add_ice_candidate":
		return "ice_candidate_added", nil, p.connection.AddICECandidate(webrtc.ICECandidateInit{
			Candidate: c.Candidate, SDPMid: c.SDPMid, SDPMLineIndex: c.SDPMLineIndex,
			UsernameFragment: c.UsernameFragment})
	case "send":
		p.mutex.Lock()
		channel := p.channels[c.Channel-1]
		p.mutex.Unlock()
		if c.Text != nil {
			return "done", nil, channel.SendText(*c.Text)
		}
		return "done", nil, channel.Send(c.Base64)
	case "close":
		return "closed", nil, p.connection.Close()
	}
	return "", nil, fmt.Errorf("there is no command %s", c.Op)
}

func main() {
	var configuration webrtc.Configuration
	if len(os.Args) > 1 {
		var told struct {
			BundlePolicy webrtc.BundlePolicy `json:"bundlePolicy"`
		}
		if err := json.Unmarshal([]byte(os.Args[1]), &told); err != nil {
			panic(err)
		}
		configuration.BundlePolicy = told.BundlePolicy
	}
	connection, err := webrtc.NewPeerConnection(configuration)
	if err != nil {
		panic(err)
	}
	p := &peer{connection: connection}
	connection.OnICECandidate(func(candidate *webrtc.ICECandidate) {
		if candidate == nil {
			return
		}
		made := candidate.ToJSON()
		p.tell("ice_candidate", object{"candidate": made.Candidate, "sdpMid": made.SDPMid,
			"sdpMLineIndex": made.SDPMLineIndex, "usernameFragment": made.UsernameFragment})
	})
	connection.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		p.tell("connection_state", object{"state": state.String()})
	})
	connection.OnDataChannel(func(channel *webrtc.DataChannel) { p.tell("data_channel", p.watch(channel)) })
	connection.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { p.take(track) })
	p.tell("ready", nil)

	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var c command
		err := json.Unmarshal(lines.Bytes(), &c)
		var event string
		var fields object
		if err == nil {
			event, fields, err = p.execute(c)
		}
		if err != nil {
			event, fields = "error", object{"op": c.Op, "name": "Error", "message": err.Error()}
		}
		answer := object{}
		for key, value := range fields {
			answer[key] = value
		}
		if c.Ref != nil {
			answer["ref"] = c.Ref
		}
		p.tell(event, answer)
	}
	_ = connection.Close()
}
