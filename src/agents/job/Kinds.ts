import type { Kind } from "./Job.ts"
import { appointment } from "./kind/Appointment.ts"
import { basket } from "./kind/Basket.ts"
import { distance } from "./kind/Distance.ts"
import { invoice } from "./kind/Invoice.ts"
import { letter } from "./kind/Letter.ts"
import { loading } from "./kind/Loading.ts"
import { offer } from "./kind/Offer.ts"
import { shipment } from "./kind/Shipment.ts"
import { stock } from "./kind/Stock.ts"

/** Every kind of job there is. */
export const kinds: ReadonlyArray<Kind> = [
  invoice,
  shipment,
  loading,
  offer,
  letter,
  distance,
  appointment,
  stock,
  basket
]
