defmodule Specter.Test.Telemetry do
  @moduledoc false
  # A `:telemetry` for tests, loaded for as long as a test runs: it tells one process of each event.
  # The real one is a Hex package, which the tests need to do without.

  @spec load(pid) :: :ok
  def load(test) do
    body =
      quote do
        def execute(event, measurements, metadata) do
          send(:persistent_term.get(unquote(__MODULE__)), {event, measurements, metadata, self()})
          :ok
        end
      end

    :persistent_term.put(__MODULE__, test)
    {:module, :telemetry, _code, _} = Module.create(:telemetry, body, __ENV__)
    :ok
  end

  @spec unload() :: :ok
  def unload do
    _ = :code.purge(:telemetry)
    true = :code.delete(:telemetry)
    _ = :code.purge(:telemetry)
    :ok
  end
end
