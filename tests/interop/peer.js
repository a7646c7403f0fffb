// One RTCPeerConnection in a page, with the commands and events of docs/peer-protocol.md, so that a test
// need not know which side it talks to. A function of what keys its certificate shall have, as
// RTCPeerConnection.generateCertificate takes them (nothing: as the browser does), and of what else shall be
// in the RTCConfiguration. Its value is a new peer. Node.js runs it, too: node_peer.mjs.
(async (certificate, configuration) => {
  const publicExponent = new Uint8Array([1, 0, 1]);  // of RSA; 65537 is all that browsers take
  const certificates =
      certificate && [await RTCPeerConnection.generateCertificate({publicExponent, ...certificate})];
  const connection =
      new RTCPeerConnection({...configuration, ...(certificates ? {certificates} : {})});
  const channels = new Map();  // number -> RTCDataChannel
  let events = [];
  let wake = () => {};
  let bulk = null;  // who takes messages while much is sent

  function tell(event, fields = {}) {
    events.push({event, ...fields});
    wake();
  }

  function to_base64(buffer) {
    const bytes = new Uint8Array(buffer);
    let text = '';
    for (let at = 0; at < bytes.length; at += 8192) {
      text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    }
    return btoa(text);
  }

  function from_base64(text) {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  }

  function watch(channel) {
    const number = channels.size + 1;
    channels.set(number, channel);
    channel.binaryType = 'arraybuffer';
    const about = () => ({channel: number, label: channel.label, id: channel.id});
    channel.onopen = () => tell('data_channel_open', about());
    channel.onclosing = () => tell('data_channel_closing', about());
    channel.onclose = () => tell('data_channel_closed', about());
    channel.onerror = ({error}) => tell('data_channel_error', {...about(), message: error.message});
    channel.onmessage = ({data}) => {
      if (bulk) return bulk.take(data);
      const content = typeof data === 'string' ? {text: data} : {base64: to_base64(data)};
      tell('message', {channel: number, ...content});
    };
    return about();
  }

  // So many messages to one that echoes, a mebibyte waiting at most; each word that comes back is compared
  // with the one that went. The first word is the message's number, and decides the others.
  function send_bulk(channel, messages, words) {
    const content = (number) => {
      const message = new Uint32Array(words);
      message[0] = number;
      let word = (number + 1) * 2654435761 >>> 0;
      for (let at = 1; at < words; ++at) {
        word ^= word << 13, word ^= word >>> 17, word ^= word << 5;  // xorshift32
        message[at] = word;
      }
      return message;
    };
    return new Promise((resolve, reject) => {
      const begun = performance.now();
      let sent = 0, received = 0;
      channel.bufferedAmountLowThreshold = 1 << 19;
      channel.onbufferedamountlow = () => {
        while (sent < messages && channel.bufferedAmount < 1 << 20) channel.send(content(sent++).buffer);
      };
      channel.addEventListener('close', () => reject(`closed after ${received} of ${messages}`));
      bulk = {
        take: (data) => {
          const expected = content(received), got = new Uint32Array(data);
          if (got.length !== words || got.some((word, at) => word !== expected[at])) {
            return reject(`message ${received} came back as another`);
          }
          if (++received < messages) return;
          bulk = null;
          resolve({seconds: (performance.now() - begun) / 1000});
        },
      };
      channel.onbufferedamountlow();
    });
  }

  // A dictionary in Chromium, an object in Firefox, which does not spread.
  const described = (event, {type, sdp}) => ({event, type, sdp});

  connection.onicecandidate = ({candidate}) => {
    if (candidate) tell('ice_candidate', candidate.toJSON());
  };
  connection.onconnectionstatechange = () => {
    tell('connection_state', {state: connection.connectionState});
  };
  connection.onnegotiationneeded = () => tell('negotiation_needed');
  connection.oniceconnectionstatechange = () => {
    tell('ice_connection_state', {state: connection.iceConnectionState});
  };
  connection.ontrack = ({track, streams, transceiver}) => {
    const about = {transceiver: number_of(transceiver), kind: track.kind, mid: transceiver.mid};
    for (const [name, event] of [['onmute', 'track_muted'], ['onunmute', 'track_unmuted'], ['onended', 'track_ended']]) {
      track[name] = () => tell(event, {transceiver: about.transceiver});
    }
    tell('track', {...about, streams: (streams ?? []).map(({id}) => id)});
    if (globalThis.document) play(track);
  };
  connection.ondatachannel = ({channel}) => {
    const about = watch(channel);
    tell('data_channel', about);
    // The W3C lets it be open already when it is announced; onopen still follows.
  };

  const transceivers = [];

  function number_of(transceiver) {
    if (!transceivers.includes(transceiver)) transceivers.push(transceiver);
    return transceivers.indexOf(transceiver) + 1;
  }

  // Nothing is decoded that nobody sees or hears.
  function play(track) {
    const element = document.createElement(track.kind);
    element.autoplay = element.muted = element.playsInline = true;
    element.srcObject = new MediaStream([track]);
    track.addEventListener('ended', () => element.remove());
    document.body.append(element);
  }

  // The browser's fake camera or microphone, or a picture of a page.
  async function source_of(kind, {width = 320, height = 240, fps = 20, canvas = false}) {
    if (!canvas) {
      const wanted = kind === 'audio' ? {audio: true} : {video: {width, height, frameRate: fps}};
      return (await navigator.mediaDevices.getUserMedia(wanted)).getTracks()[0];
    }
    const element = Object.assign(document.createElement('canvas'), {width, height});
    const context = element.getContext('2d');
    let number = 0;
    const draw = () => {
      context.fillStyle = `hsl(${number++ * 7 % 360} 80% 50%)`;
      context.fillRect(0, 0, width, height);
    };
    const timer = setInterval(draw, 1000 / fps);
    connection.addEventListener('connectionstatechange', () => {
      if (connection.connectionState === 'closed') clearInterval(timer);
    });
    return element.captureStream(fps).getTracks()[0];
  }

  function prefer(transceiver, mimeType) {
    const {codecs} = RTCRtpReceiver.getCapabilities(transceiver.receiver.track.kind);
    const rest = ['rtx', 'red', 'ulpfec'].map((name) => `${transceiver.receiver.track.kind}/${name}`);
    transceiver.setCodecPreferences(codecs.filter((codec) => [mimeType, ...rest].includes(codec.mimeType)));
  }

  const commands = {
    create_data_channel: ({label}) => {
      return {event: 'data_channel_created', ...watch(connection.createDataChannel(label))};
    },
    create_offer: async () => described('offer', await connection.createOffer()),
    create_answer: async () => described('answer', await connection.createAnswer()),
    // Media of which no packet matters: a section in the offer, or a track that is silent or black.
    add_transceiver: ({kind, direction = 'sendrecv'}) => {
      connection.addTransceiver(kind, {direction});
      return {event: 'done'};
    },
    add_track: ({kind}) => {
      const stream = kind === 'audio' ? new AudioContext().createMediaStreamDestination().stream
                                      : document.createElement('canvas').captureStream();
      connection.addTrack(stream.getTracks()[0], stream);
      return {event: 'done'};
    },
    // A track of the fake camera or microphone, by addTrack or, for what it can't say, addTransceiver.
    add_media: async ({kind, rids, codec, source = {}}) => {
      const track = await source_of(kind, source), stream = new MediaStream([track]);
      if (codec && !codec.includes('/')) codec = `${kind}/${codec === 'OPUS' ? 'opus' : codec}`;
      if (rids) {
        const scales = {q: 4, h: 2, f: 1};
        const sendEncodings = rids.map((rid) => ({rid, scaleResolutionDownBy: scales[rid] ?? 1}));
        const made = connection.addTransceiver(track, {streams: [stream], sendEncodings});
        if (codec) prefer(made, codec);
        return {event: 'track_added', transceiver: number_of(made)};
      }
      // An answer's track takes the section that the offer has for it, which addTransceiver would not.
      const sender = connection.addTrack(track, stream);
      const made = connection.getTransceivers().find((each) => each.sender === sender);
      if (codec) prefer(made, codec);
      return {event: 'track_added', transceiver: number_of(made)};
    },
    // How much was decoded: of each kind, and of each track.
    frames: async () => {
      const decoded = {audio: 0, video: 0}, tracks = [];
      for (const report of (await connection.getStats()).values()) {
        if (report.type !== 'inbound-rtp') continue;
        const count = report.kind === 'video' ? report.framesDecoded ?? 0
                                              : report.totalSamplesReceived || report.packetsReceived || 0;
        decoded[report.kind] += count;
        tracks.push({kind: report.kind, decoded: count});
      }
      return {event: 'frames', decoded, tracks};
    },
    remove_track: ({transceiver}) => {
      const {sender} = transceivers[transceiver - 1];
      sender.track?.stop();
      connection.removeTrack(sender);
      return {event: 'done'};
    },
    replace_track: async ({transceiver, source = {}}) => {
      const {sender, receiver} = transceivers[transceiver - 1], before = sender.track;
      await sender.replaceTrack(await source_of(receiver.track.kind, source));
      before?.stop();
      return {event: 'track_replaced'};
    },
    stop_transceiver: ({transceiver}) => {
      transceivers[transceiver - 1].stop();
      return {event: 'done'};
    },
    set_direction: ({transceiver, direction}) => {
      transceivers[transceiver - 1].direction = direction;
      return {event: 'done'};
    },
    prefer_codec: ({transceiver, codec}) => {
      prefer(transceivers[transceiver - 1], codec);
      return {event: 'done'};
    },
    local_description: () => ({event: 'local_description', description: connection.localDescription}),
    remote_description: () => ({event: 'remote_description', description: connection.remoteDescription}),
    // Without a description: what the signaling state requires.
    set_local_description: async (description) => {
      await (description.type ? connection.setLocalDescription(description) : connection.setLocalDescription());
      return {event: 'local_description_set'};
    },
    set_remote_description: async (description) => {
      await connection.setRemoteDescription(description);
      return {event: 'remote_description_set'};
    },
    add_ice_candidate: async (candidate) => {
      await connection.addIceCandidate(candidate);
      return {event: 'ice_candidate_added'};
    },
    restart_ice: () => {
      connection.restartIce();
      return {event: 'done'};
    },
    send: ({channel, text, base64}) => {
      channels.get(channel).send(text ?? from_base64(base64));
      return {event: 'done'};
    },
    send_bulk: ({channel, messages, bytes}) => send_bulk(channels.get(channel), messages, bytes / 4),
    close_data_channel: ({channel}) => {
      channels.get(channel).close();
      return {event: 'done'};
    },
    get_stats: async () => {
      return {event: 'stats', stats: Object.fromEntries(await connection.getStats())};
    },
    state: () => ({
      event: 'state',
      signaling_state: connection.signalingState,
      connection_state: connection.connectionState,
      dtls_state: connection.sctp?.transport.state,
      max_message_size: connection.sctp?.maxMessageSize,
    }),
    close: () => {
      connection.close();
      tell('closed');
      return {event: 'closed'};
    },
  };

  return {
    command: async ({op, ...fields}) => commands[op](fields),
    // What happened since the last time; waits a little when that is nothing.
    take: async (milliseconds) => {
      if (events.length === 0) {
        await new Promise((resolve) => {
          wake = resolve;
          setTimeout(resolve, milliseconds);
        });
      }
      const taken = events;
      events = [];
      return taken;
    },
  };
})
