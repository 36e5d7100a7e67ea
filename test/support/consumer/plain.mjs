// A program without Effect.
import { Preset } from "headgate"

process.stdout.write(Preset.names.join(" "))
