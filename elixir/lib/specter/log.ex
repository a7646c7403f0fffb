defmodule Specter.Log do
  @moduledoc false
  # The process that makes the library's log records into log messages. It is there from the first
  # Specter.set_log/1 on; linked to nobody, for the log is the VM's.

  alias Specter.Native

  @levels [:off, :error, :warning, :info, :debug]
  @modules [:ice, :dtls, :sctp, :channel, :jsep, :media, :peer, :turn, :io, :api]
  # Records that wait for a slow logger; more are counted.
  @max_waiting 1_000

  @spec set(Specter.log_levels()) :: :ok
  def set(levels) do
    :ok = levels |> text!() |> Native.set_log(process())
  end

  defp text!(level) when level in @levels, do: Atom.to_string(level)

  defp text!([_ | _] = levels) do
    Enum.map_join(levels, ",", fn
      {module, level} when module in @modules and level in @levels -> "#{module}=#{level}"
      other -> wrong!(other)
    end)
  end

  defp text!(other), do: wrong!(other)

  defp wrong!(other) do
    raise ArgumentError,
          "#{inspect(other)} is no log level; a level is one of #{inspect(@levels)}, for all or in " <>
            "a keyword list of #{inspect(@modules)}"
  end

  # The one that there is, or a new one.
  defp process do
    case Process.whereis(__MODULE__) do
      nil ->
        caller = self()
        {pid, monitor} = spawn_monitor(fn -> start(caller) end)

        receive do
          {^pid, :registered} ->
            Process.demonitor(monitor, [:flush])
            pid

          # Another process was faster.
          {:DOWN, ^monitor, _, _, _} ->
            process()
        end

      pid ->
        pid
    end
  end

  defp start(caller) do
    if register() do
      send(caller, {self(), :registered})
      loop(0)
    end
  end

  defp register do
    Process.register(self(), __MODULE__)
  rescue
    ArgumentError -> false
  end

  defp loop(lost) do
    receive do
      {:specter_log, level, module, connection, text} ->
        {:message_queue_len, waiting} = Process.info(self(), :message_queue_len)

        cond do
          waiting > @max_waiting ->
            loop(lost + 1)

          lost > 0 ->
            log(:warning, :api, 0, "#{lost} log records were lost: the logger is slow")
            log(level, module, connection, text)
            loop(0)

          true ->
            log(level, module, connection, text)
            loop(0)
        end

      _other ->
        loop(lost)
    end
  end

  # By Erlang's logger, which Elixir's Logger is a part of.
  defp log(level, module, connection, text) do
    text = if String.valid?(text), do: text, else: inspect(text)

    :logger.log(level, ~c"~ts", [text], %{
      domain: [:specter, module],
      specter_module: module,
      connection: if(connection > 0, do: connection)
    })
  end
end
