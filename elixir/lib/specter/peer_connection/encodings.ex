defmodule Specter.PeerConnection.Encodings do
  @moduledoc false
  # What add_transceiver and set_parameters are given, with all keys that the native side looks for.

  alias Specter.Options

  @directions [:sendrecv, :sendonly, :recvonly, :inactive]

  @defaults %{
    rid: "",
    active: true,
    max_bitrate: nil,
    max_framerate: nil,
    scale_resolution_down_by: nil,
    codec: nil
  }

  # The options of add_transceiver.
  @spec init!(term) :: map
  def init!(options) do
    options = Options.take!(options, direction: :sendrecv, streams: [], send_encodings: [])
    init = Map.new(options)
    :ok = check_direction!(init.direction)
    %{init | send_encodings: all!(init.send_encodings)}
  end

  @spec parameters!(term) :: map
  def parameters!(%{encodings: encodings} = parameters) do
    %{parameters | encodings: all!(encodings)}
  end

  def parameters!(other) do
    raise ArgumentError, "expected what get_parameters/3 asks for, got: #{inspect(other)}"
  end

  @spec check_direction!(term) :: :ok
  def check_direction!(direction) do
    Options.check!(:direction, direction, {:one_of, @directions})
  end

  defp all!(encodings) when is_list(encodings), do: Enum.map(encodings, &one!/1)
  defp all!(other), do: raise(ArgumentError, "expected a list, got: #{inspect(other)}")

  defp one!(%{} = encoding) do
    case Map.keys(encoding) -- Map.keys(@defaults) do
      [] -> Map.merge(@defaults, encoding)
      unknown -> raise ArgumentError, "unknown keys of an encoding: #{inspect(unknown)}"
    end
  end

  defp one!(other), do: raise(ArgumentError, "expected a map, got: #{inspect(other)}")
end
