defmodule Specter.PeerConnection.Questions do
  @moduledoc false
  # The questions to a connection: functions of one form, each with its words and an example.

  alias Specter.PeerConnection.Call

  # {name, what it asks for, what is said of the answer, the example's answer}
  @questions [
    local_description:
      {"the pending or current local description, with the candidates found so far", :description,
       nil},
    current_local_description: {"the negotiated local description", :description, nil},
    pending_local_description: {"the local description under negotiation", :description, nil},
    remote_description: {"the pending or current remote description", :description, nil},
    current_remote_description: {"the negotiated remote description", :description, nil},
    pending_remote_description: {"the remote description under negotiation", :description, nil},
    connection_state: {"the connection state", :connection_state_t, :new},
    ice_connection_state: {"the ICE connection state", :ice_connection_state_t, :new},
    ice_gathering_state: {"the ICE gathering state", :ice_gathering_state_t, :new},
    signaling_state: {"the signaling state", :signaling_state_t, :stable}
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
          Call.post(specter, pc, unquote(name))
        end
      end
    end
  end

  defp doc(name, what, :description) do
    """
    Requests #{what}. `{#{inspect(name)}, pc, json}` follows; `json` is `nil` if there is none.
    """
  end

  defp doc(name, what, type) do
    "Requests #{what}. `{#{inspect(name)}, pc, state}` follows, with a `t:#{type}/0`.\n"
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
