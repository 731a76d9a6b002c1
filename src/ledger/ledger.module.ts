// The command side of the shop ledger: handlers, controllers, and their dependencies.
import { CommandModule, EventStoreModule, type CommandModuleOptions, type EventStoreModuleOptions } from '@mainstem/nest';
import { Module, type DynamicModule } from '@nestjs/common';
import { BadDebtController } from './bad-debt/bad-debt.controller.js';
import { badDebtHandlers } from './bad-debt/bad-debt.handlers.js';
import { CreditNoteController } from './credit-note/credit-note.controller.js';
import { creditNoteHandlers } from './credit-note/credit-note.handlers.js';
import { ledgerAggregates } from './ledger.aggregates.js';
import { OrderController } from './order/order.controller.js';
import { orderHandlers } from './order/order.handlers.js';
import { StockAdjustmentController } from './stock-adjustment/stock-adjustment.controller.js';
import { stockAdjustmentHandlers } from './stock-adjustment/stock-adjustment.handlers.js';

export interface LedgerModuleOptions {
  /** The event store; absent if the application imports `EventStoreModule` itself. */
  readonly eventStore?: EventStoreModuleOptions;
  readonly commands?: CommandModuleOptions;
}

@Module({
  controllers: [OrderController, CreditNoteController, StockAdjustmentController, BadDebtController],
  providers: [...orderHandlers, ...creditNoteHandlers, ...stockAdjustmentHandlers, ...badDebtHandlers],
})
export class LedgerModule {
  /** The ledger with its dependencies. */
  static forRoot(options: LedgerModuleOptions = {}): DynamicModule {
    const eventStore = options.eventStore ? [EventStoreModule.forRoot(options.eventStore)] : [];
    return { module: LedgerModule, imports: [...eventStore, CommandModule.forRoot({ aggregates: ledgerAggregates, ...options.commands })] };
  }
}
