defmodule Specter.SpecterTest do
  use Specter.Test.Case

  alias Specter.{Native, PeerConnection, RtpCodecCapability, TrackLocalStaticSample}

  describe "init" do
    test "asks Google's STUN server when told nothing" do
      assert {:ok, %Specter{} = specter} = Specter.init()

      assert Specter.config(specter) ==
               {:ok, %Specter.Config{ice_servers: ["stun:stun.l.google.com:19302"]}}
    end

    test "keeps the order of the servers" do
      servers = ["stun:b.example.org", "stun:a.example.org:19302", "stun:c.example.org"]
      assert {:ok, specter} = Specter.init(ice_servers: servers)
      assert {:ok, %Specter.Config{ice_servers: ^servers}} = Specter.config(specter)
    end

    test "refuses what is no list of options" do
      for options <- [
            %{ice_servers: []},
            :ice_servers,
            "stun:a",
            [:ice_servers],
            [ice_server: []],
            nil
          ] do
        assert_raise ArgumentError, fn -> Specter.init(options) end
      end
    end

    test "refuses servers that are no list of strings" do
      for servers <- ["stun:a", :stun, nil, [:stun], ['stun:a'], [1], ["stun:a" | "stun:b"], %{}] do
        assert_raise ArgumentError, fn -> Specter.init(ice_servers: servers) end
      end
    end

    test "of a configuration without the key has an error of its own" do
      for configuration <- [%{}, %{"ice_servers" => []}, [], nil, "stun:a"] do
        assert Native.init(configuration) == {:error, :invalid_configuration}
      end
    end

    test "shares the loops of all Specters" do
      specters = for _ <- 1..5, do: init()
      assert {5, 0, 1} = Native.counters()
      other = init(ice_servers: ["stun:127.0.0.1:9"])
      assert {6, 0, 1} = Native.counters()
      assert Enum.all?([other | specters], &match?(%Specter{}, &1))
    end
  end

  describe "ids" do
    test "are version 4 UUIDs, all different" do
      specter = init()
      {:ok, media_engine} = Specter.new_media_engine(specter)
      {:ok, registry} = Specter.new_registry(specter, media_engine)
      {:ok, api} = Specter.new_api(specter, media_engine, registry)
      {:ok, pc} = Specter.new_peer_connection(specter, api)
      {:ok, track} = TrackLocalStaticSample.new(specter, %RtpCodecCapability{}, "id", "stream")
      assert_receive {:peer_connection_ready, ^pc}
      :ok = PeerConnection.add_track(specter, pc, track)
      assert_receive {:rtp_sender, ^pc, ^track, sender}
      :ok = PeerConnection.create_data_channel(specter, pc, "data")
      assert_receive {:data_channel, ^pc, dc, _info}
      ids = [media_engine, registry, api, pc, track, sender, dc]

      uuid = ~r/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
      for id <- ids, do: assert(id =~ uuid)
      assert Enum.uniq(ids) == ids
    end
  end

  describe "what a connection depends on" do
    test "is consumed by an API" do
      specter = init()
      {:ok, media_engine} = Specter.new_media_engine(specter)
      {:ok, registry} = Specter.new_registry(specter, media_engine)
      assert Specter.media_engine_exists?(specter, media_engine)
      assert Specter.registry_exists?(specter, registry)

      assert {:ok, _api} = Specter.new_api(specter, media_engine, registry)
      refute Specter.media_engine_exists?(specter, media_engine)
      refute Specter.registry_exists?(specter, registry)
      assert Specter.new_api(specter, media_engine, registry) == {:error, :not_found}
      assert Specter.new_registry(specter, media_engine) == {:error, :not_found}
    end

    test "stays where the other half is unknown" do
      specter = init()
      {:ok, media_engine} = Specter.new_media_engine(specter)
      {:ok, registry} = Specter.new_registry(specter, media_engine)

      assert Specter.new_api(specter, media_engine, unknown()) == {:error, :not_found}
      assert Specter.new_api(specter, unknown(), registry) == {:error, :not_found}
      assert Specter.media_engine_exists?(specter, media_engine)
      assert Specter.registry_exists?(specter, registry)
      assert {:ok, _api} = Specter.new_api(specter, media_engine, registry)
    end

    test "is not mixed up: an engine is no registry, and a registry no API" do
      specter = init()
      {:ok, media_engine} = Specter.new_media_engine(specter)
      {:ok, registry} = Specter.new_registry(specter, media_engine)
      assert Specter.new_api(specter, registry, media_engine) == {:error, :not_found}
      assert Specter.new_peer_connection(specter, registry) == {:error, :not_found}
      refute Specter.registry_exists?(specter, media_engine)
      refute Specter.media_engine_exists?(specter, registry)
    end

    test "is its own Specter's" do
      {one, other} = {init(), init()}
      {:ok, media_engine} = Specter.new_media_engine(one)
      refute Specter.media_engine_exists?(other, media_engine)
      assert Specter.new_registry(other, media_engine) == {:error, :not_found}
    end

    test "lets a registry outlive nothing: several registries of one engine" do
      specter = init()
      {:ok, media_engine} = Specter.new_media_engine(specter)
      {:ok, registry_1} = Specter.new_registry(specter, media_engine)
      {:ok, registry_2} = Specter.new_registry(specter, media_engine)
      assert {:ok, _api} = Specter.new_api(specter, media_engine, registry_1)
      assert Specter.registry_exists?(specter, registry_2)
    end

    test "names nothing with ids that are no ids" do
      specter = init()

      for id <- ["", "x", <<0>>, <<255, 254>>, String.duplicate("a", 100_000)] do
        refute Specter.media_engine_exists?(specter, id)
        refute Specter.registry_exists?(specter, id)
        refute Specter.peer_connection_exists?(specter, id)
        assert Specter.new_registry(specter, id) == {:error, :not_found}
        assert Specter.new_peer_connection(specter, id) == {:error, :not_found}
      end
    end
  end
end
