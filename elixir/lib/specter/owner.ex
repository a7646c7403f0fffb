defmodule Specter.Owner do
  @moduledoc false
  # Giving connections to other processes. The native side sends to processes of its own node, and
  # watches those; for a process of another node stands one of ours, which passes its messages on.

  alias Specter.Native

  @spec give(Specter.t(), Specter.PeerConnection.t(), pid) ::
          :ok | {:error, :not_found | :noproc | :would_block}
  def give(specter, pc, pid) when is_pid(pid) and node(pid) == node() do
    give(specter, pc, pid, false)
  end

  def give(specter, pc, pid) when is_pid(pid) do
    native = Specter.native(specter)

    if Native.peer_connection_exists(native, pc) do
      proxy = spawn(fn -> stand_for(pid, pc, specter) end)
      result = give(specter, pc, proxy, true)
      if result != :ok, do: send(proxy, {:specter_given_away, pc})
      result
    else
      {:error, :not_found}
    end
  end

  def give(_specter, _pc, other) do
    raise ArgumentError, "expected a pid, got: #{inspect(other)}"
  end

  defp give(specter, pc, pid, is_proxy) do
    native = Specter.native(specter)

    with {:forward, hand_over} <- Native.give(native, pc, pid, is_proxy) do
      pass_on(pc, pid)
      Native.hand_over(hand_over)
    end
  end

  # The messages of a connection that are in the mailbox already.
  defp pass_on(pc, pid) do
    receive do
      message
      when is_tuple(message) and tuple_size(message) > 1 and is_atom(elem(message, 0)) and
             elem(message, 1) == pc ->
        send(pid, message)
        pass_on(pc, pid)
    after
      0 -> :ok
    end
  end

  # It holds the Specter, for an owner that can't: on another node it is no more than a reference.
  defp stand_for(pid, pc, specter) do
    monitor = Process.monitor(pid)
    stand_for(pid, pc, specter, monitor)
  end

  defp stand_for(pid, pc, specter, monitor) do
    receive do
      # Its end is the connection's.
      {:DOWN, ^monitor, :process, ^pid, _reason} ->
        specter

      {:specter_given_away, ^pc} ->
        specter

      {:peer_connection_closed, ^pc} = last ->
        send(pid, last)
        specter

      message ->
        send(pid, message)
        stand_for(pid, pc, specter, monitor)
    end
  end
end
