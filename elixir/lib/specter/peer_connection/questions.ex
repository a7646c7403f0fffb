defmodule Specter.PeerConnection.Questions do
  @moduledoc false
  # The questions to a connection: functions of one form, each with its words and an example.

  # {name, what it asks for, what is said of the answer, the example's answer}
  @questions [
    local_description:
      {"the description of one's own side, with the candidates found so far: the one in " <>
         "negotiation, else the negotiated one", :description, nil},
    current_local_description:
      {"the description of one's own side that was negotiated: offer and answer are set",
       :description, nil},
    pending_local_description:
      {"the description of one's own side that is in negotiation", :description, nil},
    remote_description:
      {"the peer's description: the one in negotiation, else the negotiated one", :description,
       nil},
    current_remote_description:
      {"the peer's description that was negotiated: offer and answer are set", :description, nil},
    pending_remote_description:
      {"the peer's description that is in negotiation", :description, nil},
    connection_state: {"the state of the whole connection", :connection_state_t, :new},
    ice_connection_state: {"the state of ICE", :ice_connection_state_t, :new},
    ice_gathering_state: {"how far the search for candidates is", :ice_gathering_state_t, :new},
    signaling_state: {"how far the negotiation is", :signaling_state_t, :stable}
  ]

  defmacro __using__(examples: examples) do
    for {name, {what, answer, example}} <- @questions do
      quote do
        @doc unquote(doc(name, what, answer)) <>
               "\n\n## Examples\n\n    " <>
               unquote(examples) <>
               unquote(example(name, example))
        @spec unquote(name)(Specter.t(), t) :: result
        def unquote(name)(specter, pc) do
          specter
          |> Specter.native()
          |> Specter.Native.unquote(name)(pc)
          |> Specter.Telemetry.call(unquote(name), pc)
        end
      end
    end
  end

  defp doc(name, what, :description) do
    """
    Asks for #{what}. `{#{inspect(name)}, pc, json}` follows, with `nil` where there is none.
    """
  end

  defp doc(name, what, type) do
    "Asks for #{what}. `{#{inspect(name)}, pc, state}` follows, with a `t:#{type}/0`.\n"
  end

  defp example(name, answer) do
    """

        iex> Specter.PeerConnection.#{name}(specter, pc)
        :ok
        iex> receive do: ({#{inspect(name)}, ^pc, answer} -> answer)
        #{inspect(answer)}
    """
  end
end
